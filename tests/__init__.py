"""Tests of the template and of the command. Shared help is in `support`, the list of variants in `template.cases`."""
