//! Modules that load each other in a circle.

/// For each module, the number of its group: two modules are of one group if each leads to the other. `targets` has,
/// for each module, those that it loads.
pub fn groups(targets: &[Vec<usize>]) -> Vec<usize> {
    let unseen = Visit { number: usize::MAX, lowest: usize::MAX, is_on_stack: false };
    let mut search = Tarjan {
        targets,
        visits: vec![unseen; targets.len()],
        count: 0,
        stack: Vec::new(),
        groups: vec![usize::MAX; targets.len()],
    };
    for module in 0..targets.len() {
        search.visit(module);
    }
    search.groups
}

/// What Tarjan's algorithm knows of a module.
#[derive(Clone, Copy)]
struct Visit {
    number: usize,
    lowest: usize,
    is_on_stack: bool,
}

/// Tarjan's strongly connected components, with a stack of its own: chains of imports may be long.
struct Tarjan<'a> {
    targets: &'a [Vec<usize>],
    visits: Vec<Visit>,
    count: usize,
    stack: Vec<usize>,
    /// Of each module the one that its group was found from.
    groups: Vec<usize>,
}

impl Tarjan<'_> {
    fn visit(&mut self, start: usize) {
        if self.visits[start].number != usize::MAX {
            return;
        }
        self.open(start);
        let mut path = vec![(start, 0)];
        while let Some((module, next)) = path.last_mut() {
            let module = *module;
            let target = self.targets[module].get(*next).copied();
            *next += 1;
            let Some(target) = target else {
                path.pop();
                let lowest = self.close(module);
                if let Some(&(parent, _)) = path.last() {
                    self.lower(parent, lowest);
                }
                continue;
            };
            let seen = self.visits[target];
            if seen.number == usize::MAX {
                self.open(target);
                path.push((target, 0));
            } else if seen.is_on_stack {
                self.lower(module, seen.number);
            }
        }
    }

    fn open(&mut self, module: usize) {
        self.visits[module] = Visit { number: self.count, lowest: self.count, is_on_stack: true };
        self.count += 1;
        self.stack.push(module);
    }

    fn lower(&mut self, module: usize, lowest: usize) {
        let visit = &mut self.visits[module];
        visit.lowest = visit.lowest.min(lowest);
    }

    /// Takes a finished group off the stack if `module` is its first; gives the module's lowest number.
    fn close(&mut self, module: usize) -> usize {
        let visit = self.visits[module];
        if visit.lowest == visit.number {
            while let Some(member) = self.stack.pop() {
                self.visits[member].is_on_stack = false;
                self.groups[member] = module;
                if member == module {
                    break;
                }
            }
        }
        visit.lowest
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn circles_are_groups() {
        let found = groups(&[vec![1], vec![2], vec![1, 3], vec![3], vec![4], vec![6], vec![0]]);
        assert_eq!(found[1], found[2]);
        let mut others = vec![found[0], found[1], found[3], found[4], found[5], found[6]];
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), 6);
    }

    #[test]
    fn chains_may_be_long() {
        let targets: Vec<Vec<usize>> = (0..200_000).map(|at| vec![(at + 1) % 200_000]).collect();
        let found = groups(&targets);
        assert!(found.iter().all(|group| *group == found[0]));
    }
}
