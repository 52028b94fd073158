"""The rules, one module each; `all_rules` finds them."""
