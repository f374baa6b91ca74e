"""The Oficio de Validación: the letter to sign, and the signed one that comes back."""
