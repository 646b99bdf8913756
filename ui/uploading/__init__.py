"""Large files from the browser, in pieces, straight to disk: the address they are sent to, and what the reader sees of it."""
