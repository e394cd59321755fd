// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the flame graphs of a page work: zooms, searches, and says what is
// pointed at. A page is readable without it: it adds, and moves what is there.
// Names are only ever text (textContent, attributes), never markup.
'use strict';
const SVG = 'http://www.w3.org/2000/svg';

// A frame of the graph, from its element: its box as shares of the whole.
function frameOf(element, row) {
    const title = element.querySelector('title');
    const text = element.querySelector('text');
    const frame = {
        element, text,
        name: text.textContent,
        says: title.textContent,
        left: parseFloat(element.getAttribute('x')) / 100,
        width: parseFloat(element.getAttribute('width')) / 100,
        level: Math.round(parseFloat(element.getAttribute('y')) / row),
        parent: null, children: [], hidden: false, hit: false,
    };
    // It would be shown a second time, and late.
    title.remove();
    element.setAttribute('role', 'treeitem');
    element.setAttribute('aria-label', frame.says);
    element.setAttribute('tabindex', '-1');
    return frame;
}

// A name's two ends tell more than its beginning.
function shorten(letters, room) {
    if (room < 3)
        return '';
    const tail = room < 8 ? 0 : Math.floor((room - 1) / 2);
    return letters.slice(0, room - 1 - tail).join('') + '…' +
        letters.slice(letters.length - tail).join('');
}

// Callers come before what they called.
function link(frames) {
    const path = [];
    const root = frames[0].level;
    for (const frame of frames) {
        frame.depth = Math.abs(frame.level - root);
        frame.element.setAttribute('aria-level', frame.depth + 1);
        path.length = frame.depth;
        frame.parent = path[frame.depth - 1] || null;
        if (frame.parent)
            frame.parent.children.push(frame);
        path.push(frame);
    }
}

function percent(share) {
    return (100 * share).toFixed(2) + '\u00a0%';
}

function run(figure) {
    const svg = figure.querySelector('svg.graph');
    const tip = figure.querySelector('.tip');
    const tools = figure.querySelector('.tools');
    const seek = tools.querySelector('input[type=search]');
    const pattern = tools.querySelector('input[type=checkbox]');
    const reset = tools.querySelector('button');
    const answer = tools.querySelector('output');
    const row = Number(svg.dataset.row);
    const frames = Array.from(svg.children)
        .filter(element => element.tagName === 'svg')
        .map(element => frameOf(element, row));
    link(frames);
    const of = new Map(frames.map(frame => [frame.element, frame]));
    let zoomed = frames[0], current = frames[0];

    // The width of a letter: all are alike.
    function letterWidth() {
        const probe = document.createElementNS(SVG, 'text');
        probe.textContent = 'n'.repeat(100);
        svg.append(probe);
        const width = probe.getComputedTextLength() / 100;
        probe.remove();
        return width || 7;
    }

    // Names that do not fit are cut, and show it.
    function label() {
        const whole = svg.getBoundingClientRect().width;
        const letter = letterWidth();
        for (const frame of frames) {
            if (frame.hidden)
                continue;
            const room = Math.floor((frame.shown * whole - 6) / letter);
            const letters = Array.from(frame.name);
            let text = frame.name;
            if (room < letters.length)
                text = shorten(letters, room);
            if (frame.text.textContent !== text)
                frame.text.textContent = text;
        }
    }

    function place(frame, left, width) {
        frame.hidden = !(width > 0 && left < 1 && left + width > 0);
        frame.shown = width;
        frame.element.style.display = frame.hidden ? 'none' : '';
        frame.element.setAttribute('x', 100 * left + '%');
        frame.element.setAttribute('width', 100 * width + '%');
    }

    // What was called below a frame keeps its place within it; what called it
    // is as wide as the graph.
    function zoom(frame) {
        const callers = new Set();
        for (let at = frame.parent; at; at = at.parent)
            callers.add(at);
        const inside = new Set([frame]);
        for (const other of frames) {
            if (inside.has(other.parent))
                inside.add(other);
            if (callers.has(other))
                place(other, 0, 1);
            else if (inside.has(other))
                place(other, (other.left - frame.left) / frame.width,
                      other.width / frame.width);
            else
                place(other, 0, 0);
            other.element.classList.toggle('caller', callers.has(other));
        }
        zoomed = frame;
        reset.disabled = frame === frames[0];
        label();
        tell();
    }

    function matcher() {
        const wanted = seek.value;
        if (!wanted)
            return null;
        if (pattern.checked) {
            const expression = new RegExp(wanted, 'i');
            return name => expression.test(name);
        }
        const lower = wanted.toLowerCase();
        return name => name.toLowerCase().includes(lower);
    }

    // Of frames that match within one that does, the outer one counts.
    function matched(within) {
        const covered = new Set();
        let sum = 0;
        for (const frame of frames) {
            if (covered.has(frame.parent) || frame.hit)
                covered.add(frame);
            if (frame.hit && !covered.has(frame.parent) && within(frame))
                sum += frame.width;
        }
        return sum;
    }

    function inZoom(frame) {
        for (let at = frame; at; at = at.parent)
            if (at === zoomed)
                return true;
        return false;
    }

    function tell() {
        const hits = frames.filter(frame => frame.hit).length;
        if (!seek.value || answer.dataset.wrong) {
            answer.textContent = answer.dataset.wrong || '';
            return;
        }
        const all = frames[0].width;
        let text = hits === 0 ? 'no frame matches'
            : hits + (hits === 1 ? ' frame matches: ' : ' frames match: ') +
              percent(matched(() => true) / all) + ' of all';
        if (hits && zoomed !== frames[0]) {
            let above = false;
            for (let at = zoomed.parent; at; at = at.parent)
                above = above || at.hit;
            const part = above ? zoomed.width : matched(inZoom);
            text += ', ' + percent(part / zoomed.width) + ' of what is zoomed';
        }
        answer.textContent = text;
    }

    function search() {
        let matches = null;
        delete answer.dataset.wrong;
        try {
            matches = matcher();
        } catch (error) {
            answer.dataset.wrong = 'not a regular expression';
        }
        for (const frame of frames) {
            frame.hit = matches !== null && matches(frame.name);
            frame.element.classList.toggle('hit', frame.hit);
        }
        svg.classList.toggle('sought', matches !== null);
        tell();
    }

    function show(frame, x, y) {
        tip.textContent = frame.says;
        tip.hidden = false;
        const box = tip.getBoundingClientRect();
        const right = document.documentElement.clientWidth - box.width - 4;
        const below = y + 18 + box.height < window.innerHeight;
        tip.style.left = Math.max(4, Math.min(x + 12, right)) + 'px';
        tip.style.top = (below ? y + 18 : Math.max(4, y - box.height - 8)) + 'px';
    }

    // One frame is in the order of the tab key; arrows go on from it.
    function turn(frame) {
        current.element.setAttribute('tabindex', '-1');
        current = frame;
        current.element.setAttribute('tabindex', '0');
    }

    function neighbour(frame, step) {
        const level = frames.filter(other =>
            !other.hidden && other.depth === frame.depth);
        return level[level.indexOf(frame) + step];
    }

    function widest(frame) {
        return frame.children.filter(child => !child.hidden)
            .reduce((best, child) =>
                best && best.shown >= child.shown ? best : child, undefined);
    }

    function target(key) {
        const up = svg.dataset.down ? 'ArrowDown' : 'ArrowUp';
        const down = svg.dataset.down ? 'ArrowUp' : 'ArrowDown';
        if (key === up)
            return widest(current);
        if (key === down)
            return current.parent;
        if (key === 'ArrowLeft')
            return neighbour(current, -1);
        if (key === 'ArrowRight')
            return neighbour(current, 1);
        if (key === 'Home')
            return frames[0];
        return undefined;
    }

    function back() {
        tip.hidden = true;
        zoom(frames[0]);
    }

    function frameAt(event) {
        const element = event.target.closest('svg.graph > svg');
        return element ? of.get(element) : undefined;
    }

    svg.addEventListener('click', event => {
        const frame = frameAt(event);
        if (!frame)
            return;
        turn(frame);
        zoom(frame);
    });
    svg.addEventListener('mousemove', event => {
        const frame = frameAt(event);
        if (frame)
            show(frame, event.clientX, event.clientY);
        else
            tip.hidden = true;
    });
    svg.addEventListener('mouseleave', () => { tip.hidden = true; });
    // Not on the graph: an SVG element that hears of focus takes it, too.
    figure.addEventListener('focusin', event => {
        const frame = frameAt(event);
        if (!frame)
            return;
        turn(frame);
        if (!frame.element.matches(':focus-visible'))
            return;
        const box = frame.element.getBoundingClientRect();
        show(frame, box.left, box.top);
    });
    figure.addEventListener('focusout', () => { tip.hidden = true; });
    svg.addEventListener('keydown', event => {
        if (event.ctrlKey || event.altKey || event.metaKey)
            return;
        const next = target(event.key);
        if (event.key === 'Enter' || event.key === ' ')
            zoom(current);
        else if (next)
            next.element.focus();
        else
            return;
        event.preventDefault();
    });
    figure.addEventListener('keydown', event => {
        if (event.key === 'Escape')
            back();
    });
    seek.addEventListener('input', search);
    pattern.addEventListener('change', search);
    reset.addEventListener('click', back);
    new ResizeObserver(label).observe(svg);

    svg.setAttribute('role', 'tree');
    turn(frames[0]);
    tools.hidden = false;
    search();
    zoom(frames[0]);
}

for (const graph of document.querySelectorAll('figure.flame > svg.graph'))
    run(graph.parentElement);
