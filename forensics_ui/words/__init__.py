"""Sentences for people, made from data at the edge."""
