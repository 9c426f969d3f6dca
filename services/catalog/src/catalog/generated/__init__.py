"""Invented providers, programmes and groups in any number, the same from the same seed: `sample --programmes N`.

Every 20 programmes have a provider of their own and 25 groups come on 6 programmes: 1,200 programmes are a region's
60 providers and 5,000 groups. Municipalities and settlements are facts; everything else is INVENTED.
"""
