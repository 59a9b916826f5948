"""What is asked, and the search that answers: settings, space, network, one replicate, files."""
