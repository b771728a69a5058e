"""How an installation is set up: the Django project, read from the environment. It decides nothing else."""
