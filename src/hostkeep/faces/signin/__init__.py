"""Sign-up, login, second factor: allauth, under the brand's policy. The only face that knows allauth."""
