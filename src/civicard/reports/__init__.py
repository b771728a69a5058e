"""Documents: one neutral block model, and what turns it into Word, PDF, HTML and Excel files.

Owns how a document looks on paper, on a desk and on a phone, the fonts and the chart engine that takes. Does
not own what a document says: contents are built from evaluation results as `document.Document` values, so
that all formats always agree. Renderers return bytes or text and write nothing to disk.
"""
