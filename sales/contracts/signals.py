"""What contracts tell the rest of the product."""

from django.dispatch import Signal

# sent once for each contract or supplement, inside the transaction of its signing:
# `contract`, `actor`, and `entry`, the operation whose facts name the services its lines propose
contract_signed = Signal()
