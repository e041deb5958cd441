# Graphs of each region's API and functions.

locals {
  api_graphs = [
    for region in var.regions : [
      {
        title = "Requests"
        stat  = "Sum"
        metrics = [
          ["AWS/ApiGateway", "Count", "ApiName", region.api_name, "Stage", region.stage_name, { label = "requests" }],
        ]
      },
      {
        title = "API errors"
        stat  = "Sum"
        metrics = [
          for name, label in { "4XXError" = "client errors", "5XXError" = "server errors" } :
          ["AWS/ApiGateway", name, "ApiName", region.api_name, "Stage", region.stage_name, { label = label }]
        ]
      },
      {
        title = "API latency (ms)"
        stat  = "p50"
        metrics = [
          for stat in ["p50", "p99"] :
          ["AWS/ApiGateway", "Latency", "ApiName", region.api_name, "Stage", region.stage_name, { label = stat, stat = stat }]
        ]
      },
    ]
  ]

  function_graphs = [
    for region in var.regions : [
      {
        title = "Function errors and throttles"
        stat  = "Sum"
        metrics = flatten([
          for name in sort(region.functions) : [
            for metric in ["Errors", "Throttles"] :
            { metric = ["AWS/Lambda", metric, "FunctionName", name, { label = "${name} ${lower(metric)}" }] }
          ]
        ])[*].metric
      },
      {
        title = "Function duration, p99 (ms)"
        stat  = "p99"
        metrics = [
          for name in sort(region.functions) : ["AWS/Lambda", "Duration", "FunctionName", name, { label = name }]
        ]
      },
      {
        # one value for each cold start, from the function's log: see compute/function
        title = "Cold starts, and the longest (ms, right)"
        stat  = "SampleCount"
        metrics = flatten([
          for name in sort(region.functions) : [
            { metric = ["Antipode/Functions", "${name}-init-duration", { label = name, stat = "SampleCount", yAxis = "left" }] },
            { metric = ["Antipode/Functions", "${name}-init-duration", { label = "${name} longest", stat = "Maximum", yAxis = "right" }] },
          ]
        ])[*].metric
      },
      {
        title = "Concurrent executions"
        stat  = "Maximum"
        metrics = [
          for name in sort(region.functions) : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", name, { label = name }]
        ]
      },
      {
        title = "Provisioned concurrency in use (1 is all), and calls beyond it (right)"
        stat  = "Maximum"
        metrics = flatten([
          for name in sort(region.provisioned_functions) : [
            for metric, shown in {
              ProvisionedConcurrencyUtilization          = { label = "in use", stat = "Maximum", axis = "left" }
              ProvisionedConcurrencySpilloverInvocations = { label = "beyond", stat = "Sum", axis = "right" }
              } : {
              metric = [
                "AWS/Lambda", metric, "FunctionName", name, "Resource", "${name}:${region.alias_name}",
                { label = "${name} ${shown.label}", stat = shown.stat, yAxis = shown.axis },
              ]
            }
          ]
        ])[*].metric
      },
      {
        title = "Events that failed and are kept"
        stat  = "Maximum"
        metrics = [
          for name in sort(region.dead_letter_queues) :
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = name }]
        ]
      },
    ]
  ]
}
