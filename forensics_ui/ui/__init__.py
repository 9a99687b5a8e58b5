"""The screen and its API. The only place that knows Gradio; everything it shows comes from the workbench."""
