"""What survey comments are about: words, phrases and themes, found offline in Hebrew and English."""
