"""What keeps an installation going: its environment, the embedded servers, health, metrics, backup."""
