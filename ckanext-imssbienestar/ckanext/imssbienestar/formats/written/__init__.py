"""What the files we write are made of: sheets, pages, steady archives, a file put in place."""
