"""Public Copier templates, which nobody here wrote: `goldenpath update` beside `copier update` on edited projects."""
