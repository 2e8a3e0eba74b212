"""Working time: a clinic's hours, holidays and zones; spans added, compared, explained."""
