"""The only network code: asking routers and nodes over SSH, and saving and replaying what they answered."""
