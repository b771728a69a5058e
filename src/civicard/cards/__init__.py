"""Cards: applications, cards, financial accounts and pieces of plastic, their four linked lives and the promised days."""
