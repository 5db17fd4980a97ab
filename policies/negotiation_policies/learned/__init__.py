"""Policies that other libraries have trained on the environments or on exported games."""
