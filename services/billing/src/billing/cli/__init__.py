"""What the person who runs billing can ask of it: each module is a word after `kruzhok`."""
