(function(){
var all=function(s,e){return Array.prototype.slice.call((e||document).querySelectorAll(s))};
// The map: what a unit waits for and who waits for it.
all('.map').forEach(function(map){
  var edges=all('.e',map),nodes=all('.n',map);
  var reach=function(from,a,b){var seen={},todo=[from];seen[from]=1;while(todo.length){var x=todo.pop();edges.forEach(function(e){if(e.dataset[a]===x&&!seen[e.dataset[b]]){seen[e.dataset[b]]=1;todo.push(e.dataset[b])}})}return seen};
  var clear=function(){map.classList.remove('on');all('.on',map).forEach(function(x){x.classList.remove('on')})};
  nodes.forEach(function(n){
    n.addEventListener('mouseenter',function(){
      clear();map.classList.add('on');
      var back=reach(n.dataset.u,'b','a'),front=reach(n.dataset.u,'a','b');
      nodes.forEach(function(x){if(back[x.dataset.u]||front[x.dataset.u])x.classList.add('on')});
      edges.forEach(function(e){if((back[e.dataset.a]&&back[e.dataset.b])||(front[e.dataset.a]&&front[e.dataset.b]))e.classList.add('on')});
    });
    n.addEventListener('mouseleave',clear);
  });
});
// The table: sorted by a click, searched by typing.
var table=document.querySelector('table'),find=document.querySelector('.find');
if(table&&find){
  var body=table.tBodies[0],heads=all('th',table);
  heads.forEach(function(th,i){
    var button=document.createElement('button');button.textContent=th.textContent;th.textContent='';th.appendChild(button);
    button.addEventListener('click',function(){
      var up=th.getAttribute('aria-sort')==='descending'||(!th.hasAttribute('aria-sort')&&!th.classList.contains('num'));
      heads.forEach(function(h){h.removeAttribute('aria-sort')});th.setAttribute('aria-sort',up?'ascending':'descending');
      var value=function(r){var c=r.cells[i];return c.dataset.v!==undefined?+c.dataset.v:c.textContent.toLowerCase()};
      all('tr',body).sort(function(a,b){var x=value(a),y=value(b);return(x<y?-1:x>y?1:0)*(up?1:-1)}).forEach(function(r){body.appendChild(r)});
    });
  });
  find.hidden=false;
  find.addEventListener('input',function(){var q=find.value.toLowerCase();all('tr',body).forEach(function(r){r.hidden=q&&r.cells[0].textContent.toLowerCase().indexOf(q)<0})});
}
})();
