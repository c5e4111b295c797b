"""What a signing request says, in the terms policies are written in."""
