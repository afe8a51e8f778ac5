//! The dashboard as Grafana reads it.

use serde_json::Value;

fn dashboard() -> Value {
    serde_json::from_str(include_str!("../../../helm/sendgate/dashboards/sendgate.json")).unwrap()
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row").collect()
}

/// Every query, variables as Grafana would fill them in.
pub(super) fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let mut queries = Vec::new();
    for panel in panels(&dashboard) {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let filled = expression.replace("$job", ".+").replace("$sender", ".+");
            let filled = filled.replace("$__rate_interval", "5s");
            assert!(!filled.contains('$'), "an unknown variable in {expression}");
            queries.push(filled);
        }
    }
    queries
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit() {
    let dashboard = dashboard();
    let panels = panels(&dashboard);
    assert!(panels.len() > 40);
    for panel in &panels {
        let title = panel["title"].as_str().unwrap();
        assert!(!panel["description"].as_str().unwrap_or_default().is_empty(), "{title}");
        assert!(!panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default().is_empty(), "{title}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().unwrap() {
            assert!(!target["legendFormat"].as_str().unwrap_or_default().is_empty(), "{title}");
        }
    }
    let mut ids: Vec<_> =
        dashboard["panels"].as_array().unwrap().iter().map(|panel| panel["id"].as_i64()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn panels_do_not_overlap() {
    let dashboard = dashboard();
    let mut taken = std::collections::HashSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let side = |name: &str| panel["gridPos"][name].as_i64().unwrap();
        assert!(side("x") + side("w") <= 24, "{}", panel["title"]);
        for y in side("y")..side("y") + side("h") {
            for x in side("x")..side("x") + side("w") {
                assert!(taken.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
    }
}
