"""A simulated iPhone with its push service, to try passes and the platform without Apple.

It speaks to the platform as a phone does and by no other way: HTTP to the pass's web service, and pushes that arrive at
a local APNs. It imports nothing of the platform but Apple's formats, so that it cannot know more than a phone knows.
"""
