# Addresses before the topic was a module of its own: an applied estate keeps its topic.

moved {
  from = aws_sns_topic.this
  to   = module.topic.aws_sns_topic.this
}

moved {
  from = aws_sns_topic_policy.this
  to   = module.topic.aws_sns_topic_policy.this
}

moved {
  from = aws_sns_topic_subscription.email
  to   = module.topic.aws_sns_topic_subscription.email
}
