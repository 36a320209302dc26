"""Best photo and clean set."""
