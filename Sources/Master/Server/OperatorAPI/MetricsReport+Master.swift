import Foundation
import Machine
import MasterCore
import MesosAPI
import Resources

/// What is counted, under its names.
extension MetricsReport {
    mutating func master(_ snapshot: Snapshot) {
        add("master/uptime_secs", Date().timeIntervalSince1970 - Double(snapshot.started) / 1_000_000_000)
        add("master/elected", 1.0)
        add("master/outstanding_offers", snapshot.offers.count)
        add("master/operator_event_stream_subscribers", snapshot.observers)
        for name in ["http_cache_hits", "event_queue_messages", "event_queue_dispatches", "event_queue_http_requests"] { add("master/" + name, 0) }
    }

    mutating func agents(_ snapshot: Snapshot) {
        var (connected, disconnected, active) = (0, 0, 0)
        snapshot.agents.forEach { _, agent in
            if agent.isRecovered { return }
            if agent.link == nil { disconnected += 1 } else { connected += 1 }
            if agent.isActive { active += 1 }
        }
        let metrics = snapshot.metrics
        add("master/slaves_connected", connected)
        add("master/slaves_disconnected", disconnected)
        add("master/slaves_active", active)
        add("master/slaves_inactive", connected + disconnected - active)
        add("master/slaves_unreachable", snapshot.unreachableAgents)
        add("master/slave_registrations", metrics.agentRegistrations)
        add("master/slave_reregistrations", metrics.agentReregistrations)
        add("master/slave_removals", metrics.agentRemovals + metrics.agentsUnreachable)
        add("master/slave_removals/reason_unhealthy", metrics.agentsUnreachable)
        add("master/slave_removals/reason_registered", metrics.agentReplacements)
        add("master/slave_removals/reason_unregistered", metrics.agentRemovals - min(metrics.agentRemovals, metrics.agentReplacements))
        add("master/recovery_slave_removals", metrics.recoveryRemovals)
        // An agent whose time is over is unreachable at once.
        add("master/slave_unreachable_scheduled", metrics.removalsScheduled)
        add("master/slave_unreachable_completed", metrics.agentsUnreachable)
        add("master/slave_unreachable_canceled", metrics.removalsCanceled)
        for name in ["scheduled", "completed", "canceled"] { add("master/slave_shutdowns_" + name, 0) }
    }

    mutating func frameworks(_ snapshot: Snapshot) {
        var (connected, disconnected) = (0, 0)
        var principals: [String: UInt64] = [:]
        snapshot.frameworks.forEach { _, framework in
            if framework.isCompleted { return }
            if framework.isConnected { connected += 1 } else { disconnected += 1 }
            if let principal = framework.spec.principal { principals[principal, default: 0] &+= framework.counts.calls }
            let counts = framework.counts
            var shown: [(String, UInt64)] = [
                ("subscribed", framework.isConnected ? 1 : 0), ("calls", counts.calls), ("events", counts.events),
                ("offers/sent", counts.offersSent), ("offers/accepted", counts.offersAccepted), ("offers/declined", counts.offersDeclined),
                ("offers/rescinded", counts.offersRescinded), ("operations", counts.operations), ("operations/launch", counts.launches)
            ]
            var active: [TaskState: UInt64] = [:]
            snapshot.tasks.forEach(in: framework.tasks) { _, task in active[task.state, default: 0] += 1 }
            for state in TaskState.allCases where state != .taskUnknown {
                let name = state.name.lowercased()
                if state.isTerminal { shown.append(("tasks/terminal/" + name, counts.ended(state))) }
                if !state.isTerminal { shown.append(("tasks/active/" + name, active[state] ?? 0)) }
            }
            let prefix = "master/frameworks/\(Self.escape(framework.spec.name)).\(framework.id)/"
            for (name, count) in shown { add(prefix + name, Double(count), as: "master/framework_" + name, "framework", framework.id) }
        }
        for (principal, calls) in principals {
            for name in ["messages_received", "messages_processed"] {
                add("frameworks/\(Self.escape(principal))/\(name)", Double(calls), as: "frameworks/" + name, "principal", principal)
            }
        }
        add("master/frameworks_connected", connected)
        add("master/frameworks_disconnected", disconnected)
        add("master/frameworks_active", connected)
        add("master/frameworks_inactive", disconnected)
    }

    mutating func tasks(_ metrics: Metrics) {
        for state in TaskState.allCases where state != .taskUnknown {
            add("master/tasks_" + state.name.dropFirst(5).lowercased(), Double(metrics.tasks(state)))
        }
        add("master/tasks_launched", metrics.launches)
        for (end, count) in metrics.ends {
            let state = end.state.name.lowercased()
            add("master/\(state)/source_\(Self.name(of: end.source))/reason_\(Self.name(of: end.reason))", count)
        }
    }

    mutating func messages(_ metrics: Metrics) {
        let counts: [(String, UInt64)] = [
            ("register_framework", metrics.subscribes - min(metrics.subscribes, metrics.resubscribes)),
            ("reregister_framework", metrics.resubscribes), ("unregister_framework", metrics.teardowns), ("deactivate_framework", 0),
            ("launch_tasks", metrics.accepts), ("decline_offers", metrics.declines), ("revive_offers", metrics.revives),
            ("suppress_offers", metrics.suppresses), ("kill_task", metrics.kills),
            ("status_update_acknowledgement", metrics.acknowledgements),
            ("operation_status_update_acknowledgement", metrics.operationAcknowledgements), ("reconcile_tasks", metrics.reconciliations),
            ("reconcile_operations", metrics.operationReconciliations), ("resource_request", metrics.requests),
            ("framework_to_executor", metrics.frameworkMessages), ("executor_to_framework", metrics.executorMessages),
            ("status_update", metrics.validUpdates + metrics.invalidUpdates), ("operation_status_update", metrics.operationUpdates),
            ("exited_executor", metrics.executorExits), ("register_slave", metrics.agentRegistrations),
            ("reregister_slave", metrics.agentReregistrations), ("unregister_slave", metrics.agentGoodbyes),
            ("update_slave", metrics.agentChanges), ("authenticate", 0)
        ]
        for (name, count) in counts { add("master/messages_" + name, count) }
        add("master/dropped_messages", metrics.droppedMessages)
        let judged: [(String, all: UInt64, invalid: UInt64)] = [
            ("framework_to_executor_messages", metrics.frameworkMessages, metrics.invalidFrameworkMessages),
            ("executor_to_framework_messages", metrics.executorMessages, metrics.invalidExecutorMessages),
            ("status_updates", metrics.validUpdates + metrics.invalidUpdates, metrics.invalidUpdates),
            ("status_update_acknowledgements", metrics.acknowledgements, metrics.invalidAcknowledgements),
            ("operation_status_updates", metrics.operationUpdates, metrics.operationUpdates),
            ("operation_status_update_acknowledgements", metrics.operationAcknowledgements, metrics.operationAcknowledgements)
        ]
        for (name, all, invalid) in judged {
            add("master/valid_" + name, all - min(all, invalid))
            add("master/invalid_" + name, invalid)
        }
    }

    mutating func resources(_ snapshot: Snapshot) {
        var (total, used, offered) = (Resources(), Resources(), Resources())
        snapshot.agents.forEach { _, agent in
            guard !agent.isRecovered else { return }
            total.add(agent.total)
            for executor in agent.executors { used.add(executor.spec.resources) }
        }
        snapshot.tasks.forEach { _, task in if task.holdsResources { used.add(task.resources) } }
        snapshot.offers.forEach { _, offer in offered.add(offer.resources) }
        for suffix in ["", "revocable_"] {
            let all = suffix.isEmpty ? total.nonRevocable : total.revocable
            let taken = suffix.isEmpty ? used.nonRevocable : used.revocable
            for name in ["cpus", "gpus", "mem", "disk"] {
                let (have, use) = (all.scalar(name).double, taken.scalar(name).double)
                add("master/\(name)_\(suffix)total", have)
                add("master/\(name)_\(suffix)used", use)
                add("master/\(name)_\(suffix)percent", have > 0 ? use / have : 0)
            }
        }
        let held = (used + offered).quantities
        total.quantities.forEach { name, amount in
            let prefix = "allocator/mesos/resources/\(Self.escape(name))/"
            add(prefix + "total", amount.double, as: "allocator/mesos/resources_total", "resource", name)
            add(prefix + "offered_or_allocated", held[name].double, as: "allocator/mesos/resources_offered_or_allocated", "resource", name)
        }
    }

    /// The statistics that Mesos keeps of each kind of duration.
    private static let statistics = ["", "/count", "/max", "/min", "/p50", "/p90", "/p95", "/p99", "/p999", "/p9999"]

    mutating func registrar() {
        for name in ["queued_operations", "registry_size_bytes", "state_fetch_ms"] { add("registrar/" + name, 0) }
        for statistic in Self.statistics { add("registrar/state_store_ms" + statistic, 0) }
        add("registrar/log/recovered", 1)
        add("registrar/log/ensemble_size", 1)
    }

    mutating func allocator(_ snapshot: Snapshot, _ report: AllocatorReport) {
        let runs = snapshot.metrics.allocationRuns
        add("allocator/event_queue_dispatches", 0)
        add("allocator/mesos/event_queue_dispatches", 0)
        add("allocator/mesos/allocation_runs", runs)
        for name in ["allocation_run_ms", "allocation_run_latency_ms"] {
            for statistic in Self.statistics { add("allocator/mesos/" + name + statistic, statistic == "/count" ? runs : 0) }
        }
        for role in report.roles {
            add(
                "allocator/mesos/offer_filters/roles/\(role.name)/active", Double(role.filters), as: "allocator/mesos/offer_filters_active", "role",
                role.name)
            add(
                "allocator/mesos/roles/\(role.name)/shares/dominant", role.dominantShare, as: "allocator/mesos/shares_dominant", "role", role.name)
        }
    }

    private static func name(of source: Mesos_V1_TaskStatus.Source) -> String {
        switch source {
        case .master: "master"
        case .agent: "slave"
        case .executor: "executor"
        }
    }

    /// `taskHealthCheckStatusUpdated` is `task_health_check_status_updated`.
    private static func name(of reason: StatusReason) -> String {
        var name = ""
        for character in "\(reason)" { name += character.isUppercase ? "_" + character.lowercased() : String(character) }
        return name
    }
}
