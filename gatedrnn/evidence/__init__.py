"""Published results about LSTM and GRU, measured again: one file each, all commands and tables go through here."""
