"""What a picture shows, before anybody draws it."""
