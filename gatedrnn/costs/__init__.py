"""What cells cost, which sizes cost the same, and `describe`; experiments and above may import it."""
