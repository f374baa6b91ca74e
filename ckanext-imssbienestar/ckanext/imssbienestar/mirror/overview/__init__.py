"""What people and monitors ask about the whole: health, metrics, whereabouts."""
