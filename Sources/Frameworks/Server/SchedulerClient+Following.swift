package import FrameworkCore
import MesosAPI
package import Scheduling

extension SchedulerSettings {
    /// - Parameter masters: separated by commas.
    package static func following(_ masters: String, principal: String?, secret: String?) -> SchedulerSettings {
        let names = masters.split(separator: ",").map { String($0.trimmingPrefix { $0 == " " }) }
        var settings = SchedulerSettings(masters: names, framework: Mesos_V1_FrameworkInfo())
        if let principal { settings.credential = .init(principal: principal, secret: secret ?? "") }
        return settings
    }
}

extension SchedulerClient {
    /// Hands the master's events to a core, at the core's pace, until the task is cancelled.
    package func follow(_ take: @escaping @Sendable (MasterEvent) async -> Void) async throws {
        try await run { event in
            switch event {
            case .subscribed(let id, let master):
                let region = master.flatMap { $0.hasDomain ? $0.domain.faultDomain.region.name : nil }
                await take(.subscribed(frameworkID: id.value, master: master.map { "\($0.hostname):\($0.port)" } ?? "", region: region))
            case .disconnected: await take(.disconnected)
            case .offers(let offers): await take(.offered(offers))
            case .update(let status): await take(.updated(status))
            case .message(let message):
                await take(.messaged(executorID: message.executorID.value, agentID: message.agentID.value, Array(message.data)))
            case .callRefused(.updateFramework, _, let message):
                // Masters before Mesos 1.9 learn of new roles from a subscription only.
                self.resubscribe(reason: "the framework could not be updated: \(message)")
            case .rescinded, .inverseOffers, .inverseRescinded, .operation, .failure, .callRefused: break
            }
        }
    }
}
