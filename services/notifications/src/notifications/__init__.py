"""Messages to people: the portal's inbox and e-mail.

Promises: for each thing that this service hears of a child, every guardian of the child gets one message in the inbox
and one mail, in Russian, saying what, why and how much is left; none is lost when facts arrive late or the mail server
is down, and none is doubled when they arrive twice. It keeps no names, addresses or tokens: the mail worker asks
accounts at the moment of sending.
"""
