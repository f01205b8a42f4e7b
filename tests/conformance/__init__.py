"""`goldenpath update` held against `copier update` on random histories, each made from one whole number."""
