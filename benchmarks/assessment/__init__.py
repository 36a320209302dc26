"""How well the score agrees with people and with damage."""
