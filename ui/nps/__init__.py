"""What the views of the NPS page show."""
