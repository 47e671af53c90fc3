import FrameworkCore
import JSON
import ServicesCore

/// Writes deployments. Specified by Marathon 1.11 docs/rest-api (deployments.raml).
enum DeploymentWriter {
    static func write(_ deployment: Deployment, _ services: Services, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", deployment.id)
        writer.member("version", deployment.plan.version.description)
        writer.key(verbatim: "affectedApps")
        writer.array(deployment.plan.affected) { $0.string($1.description) }
        writer.key(verbatim: "affectedPods")
        writer.array([String]()) { $0.string($1) }
        writer.key(verbatim: "steps")
        write(steps: deployment.plan.steps, into: &writer)
        writer.key(verbatim: "currentActions")
        writer.array(deployment.currentActions) { writer, action in
            writer.beginObject()
            writer.member("action", action.name)
            writer.member("app", action.app.description)
            writer.key(verbatim: "readinessCheckResults")
            writer.array(services.readinessResults(of: action.app)) { write($1, into: &$0) }
            writer.endObject()
        }
        writer.member("currentStep", deployment.step + 1)
        writer.member("totalSteps", deployment.plan.steps.count)
        writer.endObject()
    }

    static func write(steps: [[Deployment.Action]], into writer: inout JSONWriter) {
        writer.array(steps) { writer, step in
            writer.beginObject()
            writer.key(verbatim: "actions")
            write(step, into: &writer)
            writer.endObject()
        }
    }

    static func write(_ actions: [Deployment.Action], into writer: inout JSONWriter) {
        writer.array(actions) { writer, action in
            writer.beginObject()
            writer.member("action", action.name)
            writer.member("app", action.app.description)
            writer.endObject()
        }
    }

    static func write(_ result: ReadinessResult, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", result.name)
        writer.member("taskId", result.taskID)
        writer.member("ready", result.isReady)
        if let response = result.lastResponse {
            writer.key(verbatim: "lastResponse")
            writer.beginObject()
            writer.member("status", response.status)
            writer.member("contentType", response.contentType)
            writer.member("body", response.body)
            writer.endObject()
        }
        writer.endObject()
    }
}
