"""The open-data system of IMSS-BIENESTAR: describe, check, sign, publish, mirror, verify."""
