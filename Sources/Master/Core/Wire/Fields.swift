/// The numbers of those fields that are read or written without parsing their message.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto and scheduler/scheduler.proto.
package enum TaskField {
    package static let name = 1, taskID = 2, agentID = 3, resources = 4, executor = 5, command = 7, healthCheck = 8, container = 9, labels = 10
    package static let discovery = 11, killPolicy = 12, limits = 15
}

package enum ExecutorField {
    package static let executorID = 1, resources = 5, command = 7, frameworkID = 8, name = 9, source = 10, container = 11, discovery = 12
    package static let labels = 14, type = 15
}

package enum ResourceField {
    package static let allocation = 11
}

package enum StatusField {
    package static let taskID = 1, state = 2, data = 3, message = 4, agentID = 5, timestamp = 6, executorID = 7, healthy = 8, source = 9
    package static let reason = 10, uuid = 11, labels = 12, containerStatus = 13, unreachableTime = 14, checkStatus = 15
}

package enum FrameworkField {
    package static let user = 1, id = 3, checkpoint = 5, labels = 11
}

package enum AgentField {
    package static let hostname = 1, resources = 3, attributes = 5, id = 6, port = 8, domain = 10
}

package enum OfferField {
    package static let id = 1, frameworkID = 2, agentID = 3, hostname = 4, resources = 5, executorIDs = 6, attributes = 7, url = 8
    package static let unavailability = 9, allocation = 10, domain = 11
}
