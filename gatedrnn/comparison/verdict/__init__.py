"""From scores to a label and its words: region of equivalence, intervals, precedence, scope."""
