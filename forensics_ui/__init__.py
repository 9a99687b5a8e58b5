"""A workbench for one question: was this picture made by a generative model, and what in its pixels says so?"""

__version__ = "0.1.0"
