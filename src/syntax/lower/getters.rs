//! Properties that are copied as getters: `defineProperty(to, key, {get: () => from[key]})`, as bundlers and compilers
//! write it in a loop over the keys of `from`. With one key standing for all, a getter each would give all of them the
//! values of all.

use swc_ecma_ast::{
    ArrowFunctionBody, Expr, ExprOrSpread, FunctionBody, Ident, ObjectLit, Prop, PropName, PropOrSpread, Stmt,
};

use super::expressions::transparent;

/// The object that gets the properties and the one that has them, if a call's arguments say so.
pub(super) fn copied(arguments: &[ExprOrSpread]) -> Option<(&Expr, &Expr)> {
    let [to, key, descriptor, ..] = arguments else { return None };
    if to.spread.is_some() || key.spread.is_some() {
        return None;
    }
    let Expr::Ident(key) = transparent(&key.expr) else { return None };
    let Expr::Object(descriptor) = transparent(&descriptor.expr) else { return None };
    if let Some((from, read_key)) = descriptor.props.iter().find_map(own_getter) {
        return (from.is_ident() && is_same(read_key, key)).then_some((&*to.expr, from));
    }
    let Expr::Member(read) = transparent(getter_result(descriptor)?) else { return None };
    let Expr::Ident(read_key) = transparent(&read.prop.as_computed()?.expr) else { return None };
    let from = transparent(&read.obj);
    (is_same(read_key, key) && from.is_ident()).then_some((&*to.expr, from))
}

/// The object and the key of `get: Object.getOwnPropertyDescriptor(from, key).get`.
fn own_getter(prop: &PropOrSpread) -> Option<(&Expr, &Ident)> {
    let pair = prop.as_prop()?.as_key_value().filter(|pair| is_get(&pair.key))?;
    let Expr::Member(member) = transparent(&pair.value) else { return None };
    let Expr::Call(call) = transparent(&member.obj) else { return None };
    let Expr::Member(callee) = transparent(call.callee.as_expr()?) else { return None };
    let ([from, key], Some(name)) = (call.args.as_slice(), callee.prop.as_ident()) else { return None };
    let Expr::Ident(key) = transparent(&key.expr) else { return None };
    (name.sym == *"getOwnPropertyDescriptor").then(|| (transparent(&from.expr), key))
}

/// What the getter of a descriptor gives: `get() { return x; }`, `get: function () { return x; }`, `get: () => x`.
fn getter_result(descriptor: &ObjectLit) -> Option<&Expr> {
    descriptor.props.iter().find_map(|prop| {
        let PropOrSpread::Prop(prop) = prop else { return None };
        match &**prop {
            Prop::Method(method) if is_get(&method.key) => returned(method.function.body.as_ref()?),
            Prop::KeyValue(pair) if is_get(&pair.key) => match transparent(&pair.value) {
                Expr::Fn(function) => returned(function.function.body.as_ref()?),
                Expr::Arrow(arrow) => match &*arrow.body {
                    ArrowFunctionBody::Expr(value) => Some(value),
                    ArrowFunctionBody::FunctionBody(body) => returned(body),
                },
                _ => None,
            },
            _ => None,
        }
    })
}

fn returned(body: &FunctionBody) -> Option<&Expr> {
    match body.stmts.as_slice() {
        [Stmt::Return(statement)] => statement.arg.as_deref(),
        _ => None,
    }
}

fn is_get(name: &PropName) -> bool {
    name.as_ident().is_some_and(|name| name.sym == *"get")
}

fn is_same(a: &Ident, b: &Ident) -> bool {
    a.sym == b.sym
}
