"""What a call can do, one module for each. `Call` lists them."""
