extension Refusal {
    /// In Marathon's words where clients know them. Specified by Marathon 1.11 docs/rest-api.
    package var reason: String {
        switch self {
        case .model(let rejection): rejection.message
        case .locked:
            "App is locked by one or more deployments. Override with the option '?force=true'. "
                + "View details at '/v2/deployments/<DEPLOYMENT_ID>'."
        case .tooManyDeployments(let limit):
            // The missing blank in "oneusing" is theirs, too.
            "Max number (\(limit)) of running deployments is achieved. Wait for existing deployments to complete or cancel one"
                + "using force=true parameter. You can increase max deployment number by using --max_running_deployments parameter "
                + "but be advised that this can have negative effects on the performance."
        case .noApp(let id): "App '\(id)' does not exist"
        case .noVersion(let id, let version): "App '\(id)' does not exist in version \(version)"
        case .noTask(let id): "Task '\(id)' does not exist"
        case .noDeployment(let id): "DeploymentPlan \(id) does not exist"
        case .noGroup(let id): "Group '\(id)' does not exist"
        case .noGroupVersion(let id, let version): "Group '\(id)' does not exist in version \(version)"
        case .groupIsApp(let id): "An app with the path \(id) already exists."
        case .notQueued(let id): "Application \(id) not found in tasks queue."
        case .appExists(let id): "An app with id [\(id)] already exists."
        case .groupExists(let id): "Group \(id) is already created. Use PUT to change this group."
        case .scaleAndWipe: "You cannot use scale and wipe at the same time."
        case .malformedTaskID(let id): "Invalid task id '\(id)'. [expected <app>.instance-<uuid>._app.<number>]"
        case .tooLarge(let id, let bytes, let limit): "The definition of \(id) has \(bytes) bytes, and at most \(limit) can be stored"
        case .starting: "The service is starting"
        }
    }
}
