"""What a review is: negative or not, how grave, about what and whom; who else wrote the like."""
