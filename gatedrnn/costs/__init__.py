"""What cells cost, which sizes cost the same, and `describe`; experiments and the rooms after them may import it."""
