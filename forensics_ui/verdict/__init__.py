"""From a logit to words: what it means, how often it is wrong, and when it means nothing."""
