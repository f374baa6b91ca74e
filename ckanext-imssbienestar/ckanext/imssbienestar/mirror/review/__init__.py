"""The federal side's review: notices, looks, comprobantes."""
