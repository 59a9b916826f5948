"""A text and its class a row: characters of words, words of sentences."""

from __future__ import annotations

import numpy as np
import pytest

from gatedrnn.errors import InputError
from gatedrnn.tasks import words
from gatedrnn.tasks.files import task_from_file
from gatedrnn.tasks.question import Question
from gatedrnn.tasks.tables import read_table

RNG = np.random.default_rng(0)
NAMES = ["".join(RNG.choice(list("abcdé"), RNG.integers(3, 8))) + str(k) for k in range(80)]
SENTENCES = [
    f"It was a {RNG.choice(['good', 'bad'])} film, number{k}, {RNG.choice(['truly', 'Really'])}!" for k in range(80)
]
LABELS = [("no", "yes")[k % 2] for k in range(80)]


def save(path, texts, sign="\t", labels=LABELS):
    rows = [f'"{text}"{sign}{label}' for text, label in zip(texts, labels, strict=True)]
    path.write_text("\n".join([f"said{sign}label", *rows]))
    return path


def spelled(data):
    return [[data.tokens[k] for k in piece] for piece in np.split(data.x, np.cumsum(data.lengths)[:-1])]


@pytest.mark.parametrize(("ending", "sign"), [("tsv", "\t"), ("csv", ",")])
def test_names_are_read_as_characters(tmp_path, ending, sign):
    path = save(tmp_path / f"a.{ending}", NAMES, sign)
    data, kind = read_table(path, Question(target=("label",)))
    assert kind == "classification"
    assert ["".join(text) for text in spelled(data)] == NAMES
    assert [data.classes[k] for k in data.y] == LABELS
    task = task_from_file(path, Question(target=("label",)))
    kinds = len(set("".join(NAMES)))
    assert (task.title, task.in_dim, task.out_dim) == ("a: label of each sequence", kinds, 2)
    assert task.encode(task.split(0).train.x).shape[-1] == kinds
    assert "column 'said' is read as characters" in data.notes[0]


def test_sentences_are_read_as_words_and_rare_ones_as_one(tmp_path):
    path = save(tmp_path / "a.tsv", SENTENCES)
    data, _ = read_table(path, Question(target=("label",)))
    for text, found in zip(SENTENCES, spelled(data), strict=True):
        expected = text.lower().replace(",", " ,").replace("!", " !").split()
        assert found == ["<rare>" if word.startswith("number") else word for word in expected]
    data, _ = read_table(path, Question(target=("label",), tokens="characters"))
    assert ["".join(text) for text in spelled(data)] == SENTENCES


def test_a_text_beside_numbers_is_a_row_of_steps(tmp_path):
    rows = [f"{name},{k % 7},{label}" for k, (name, label) in enumerate(zip(NAMES, LABELS, strict=True))]
    (tmp_path / "a.csv").write_text("\n".join(["said,n,label", *rows]))
    data, kind = read_table(tmp_path / "a.csv", Question(target=("label",)))
    assert (kind, data.features, data.tokens) == ("step-classification", ("n",), ())
    data, kind = read_table(tmp_path / "a.csv", Question(target=("label",), features=("said",)))
    assert (kind, data.features, len(data.lengths)) == ("classification", ("said",), 80)
    with pytest.raises(InputError, match="tokens: expected a column of text beside"):
        read_table(tmp_path / "a.csv", Question(target=("label",), tokens="words"))


def test_an_empty_text_is_named_by_its_line(tmp_path):
    path = save(tmp_path / "a.tsv", [*SENTENCES[:5], "  ", *SENTENCES[6:]])
    with pytest.raises(InputError, match=r"column 'said': expected words in each row, got none in line 7 of the file"):
        read_table(path, Question(target=("label",)))


def test_a_text_may_be_read_as_words(tmp_path):
    (tmp_path / "a.txt").write_text("To be, or not to be: that is. " * 40)
    task = task_from_file(tmp_path / "a.txt", Question(tokens="words", window=10))
    assert (task.kind, task.in_dim) == ("next-token", 9)
    kinds = sorted({"to", "be", ",", "or", "not", ":", "that", "is", "."})
    test = task.read_test(0).batch
    read = [kinds[k] for k in test.x[:10, 0]]
    text = ["to", "be", ",", "or", "not", "to", "be", ":", "that", "is", "."] * 40
    assert " ".join(read) in " ".join(text)
    assert task_from_file(tmp_path / "a.txt", Question(window=10)).in_dim == len(set("To be, or not to be: that is. "))


def test_only_so_many_kinds_are_told_apart(monkeypatch):
    monkeypatch.setattr(words, "MOST", 2)
    assert words.vocabulary(["a a a b b c c c"], "words") == ("<rare>", "a", "c")
    assert words.vocabulary(["ab"], "characters") == ("a", "b")
    with pytest.raises(InputError, match="at least two different words"):
        words.vocabulary(["a a a"], "words")
