"""What comes back: kits received, accepted or not, and sent anew; for pages, API and cases."""
