"""The Procedure as services over the database session: releases, sign-off, publication."""
