"""The pages of chapters 1 and 2: groups, meetings, Formato 1, analysis, Formato 2, letters."""
